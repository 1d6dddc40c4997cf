"""The function that is usually written for this, with boto3: it counts the names of those who
approved. It knows no human behind two names, no retry and no rejection, and trusts the event.
"""

import json

import boto3

codepipeline = boto3.client("codepipeline")


def handler(event, context):
    job = event["CodePipeline.job"]
    parameters = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    history = codepipeline.list_action_executions(
        pipelineName=parameters["pipelineName"],
        filter={"pipelineExecutionId": parameters["pipelineExecutionId"]},
    )
    approvers = {
        run["updatedBy"]
        for run in history["actionExecutionDetails"]
        if run["input"]["actionTypeId"]["category"] == "Approval" and run["status"] == "Succeeded"
    }
    if len(approvers) >= 2:
        codepipeline.put_job_success_result(jobId=job["id"])
    else:
        message = f"{len(approvers)} of 2 approvers"
        details = {"type": "JobFailed", "message": message}
        codepipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)

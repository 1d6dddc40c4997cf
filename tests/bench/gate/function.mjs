// The function that is usually written for this, with the AWS SDK for JavaScript: it counts the
// names of those who approved.

import {
  CodePipelineClient,
  ListActionExecutionsCommand,
  PutJobFailureResultCommand,
  PutJobSuccessResultCommand,
} from "@aws-sdk/client-codepipeline";

const codepipeline = new CodePipelineClient();

export async function handler(event) {
  const job = event["CodePipeline.job"];
  const parameters = JSON.parse(job.data.actionConfiguration.configuration.UserParameters);
  const history = await codepipeline.send(
    new ListActionExecutionsCommand({
      pipelineName: parameters.pipelineName,
      filter: { pipelineExecutionId: parameters.pipelineExecutionId },
    }),
  );
  const approvers = new Set(
    history.actionExecutionDetails
      .filter((run) => run.input.actionTypeId.category === "Approval" && run.status === "Succeeded")
      .map((run) => run.updatedBy),
  );
  const result =
    approvers.size >= 2
      ? new PutJobSuccessResultCommand({ jobId: job.id })
      : new PutJobFailureResultCommand({
          jobId: job.id,
          failureDetails: { type: "JobFailed", message: `${approvers.size} of 2 approvers` },
        });
  await codepipeline.send(result);
}

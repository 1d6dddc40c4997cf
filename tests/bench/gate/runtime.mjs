// The least that runs a function on Lambda's Runtime API. It stands in for npm `aws-lambda-ric`,
// which compiles curl with autoconf and cmake when it is installed, and which would start later.

import { Agent, request } from "node:http";

import { handler } from "./function.mjs";

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new Agent({ keepAlive: true });

function ask(method, path, body = "") {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": Buffer.byteLength(body) };
    const options = { host, port, agent, method, path: `/2018-06-01/runtime${path}`, headers };
    const sent = request(options, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (part) => (text += part));
      reply.on("end", () => resolve({ headers: reply.headers, text }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

for (;;) {
  const next = await ask("GET", "/invocation/next");
  const id = next.headers["lambda-runtime-aws-request-id"];
  try {
    await handler(JSON.parse(next.text));
    await ask("POST", `/invocation/${id}/response`, "null");
  } catch (error) {
    const told = { errorType: error.name, errorMessage: error.message };
    await ask("POST", `/invocation/${id}/error`, JSON.stringify(told));
  }
}

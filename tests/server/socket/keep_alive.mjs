// Ask twice with a pause, and print whether the client kept its connection: node keep_alive.mjs URL SECONDS
import http from "node:http";
import { setTimeout as pause } from "node:timers/promises";

const [url, seconds] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, timeout: 60_000 });

function ask() {
  return new Promise((resolve, reject) => {
    http.get(`${url}/health`, { agent }, (answer) => {
      const { localPort: port } = answer.socket;
      answer.resume().on("end", () => resolve({ port, closes: answer.headers.connection === "close" }));
    }).on("error", reject);
  });
}

let first;
do first = await ask(); while (first.closes);
await pause(1000 * seconds);
console.log(first.port === (await ask()).port);
agent.destroy();

// Whether the library from npm takes the requests that it should take, and no other.
//
// Reads {"good": [{secret, headers, body}], "bad": [...]}; ends with 1 where it judges otherwise.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const load = createRequire(join(process.argv[2], "from-here.js"));
const { Webhook, WebhookVerificationError } = load("standardwebhooks");
const { good, bad } = JSON.parse(readFileSync(0, "utf8"));

function takes({ secret, headers, body }) {
  try {
    const read = new Webhook(secret).verify(body, headers);
    return JSON.stringify(read) === JSON.stringify(JSON.parse(body));
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

const wrong = [...good.filter((one) => !takes(one)), ...bad.filter(takes)];
for (const { headers } of wrong) console.error("judged wrongly:", JSON.stringify(headers));
if (good.length === 0 || bad.length === 0 || wrong.length > 0) process.exit(1);
console.log(`JavaScript: ${good.length} requests taken, ${bad.length} refused`);

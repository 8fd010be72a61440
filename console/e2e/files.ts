// Pages that the program does not hold yet: with BATON_CONSOLE=dist a journey sees the files of
// that directory, and everything else, their policy included, comes from the server behind.
import { existsSync, readFileSync } from "node:fs";
import { type IncomingMessage, createServer, request } from "node:http";
import { type Socket, connect } from "node:net";
import { extname, join, resolve } from "node:path";

const TYPES: Record<string, string> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
};

export interface Files {
  url: string;
  end: () => Promise<void>;
}

/** Stands before a server, where that is wanted. */
export async function filesBefore(server: string): Promise<Files | undefined> {
  const wanted = process.env["BATON_CONSOLE"];
  if (wanted === undefined) return undefined;
  const root = resolve(import.meta.dirname, "..", wanted);
  const { hostname, port } = new URL(server);
  const at = { host: hostname, port: Number(port) };
  const sockets = new Set<Socket>();
  const front = createServer((ask, answer) => {
    const { headers, method } = ask;
    const file = fileOf(root, ask);
    // A page that the program does not know yet has the policy of those that it knows.
    const path = file?.endsWith("index.html") === true ? "/" : ask.url;
    const behind = request({ ...at, method, path, headers }, (from) => {
      if (file === undefined || from.statusCode === 304) {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
        return;
      }
      const kept = Object.entries(from.headers).filter(
        ([name]) => !/^(content-|etag|transfer-|cache-|vary)/.test(name) || name.endsWith("policy"),
      );
      answer.writeHead(200, {
        ...Object.fromEntries(kept),
        "content-type": TYPES[extname(file)] ?? "application/octet-stream",
        "cache-control": "no-store",
      });
      void (async () => {
        let text = "";
        for await (const part of from) text += String(part);
        // What the server says in its page stands in this one, too.
        const [said] = /<meta name="baton-workspace"[^>]*>/.exec(text) ?? [];
        const bytes = readFileSync(file);
        answer.end(
          said === undefined ? bytes : bytes.toString().replace("<head>", `<head>${said}`),
        );
      })();
    });
    // As if nobody listened.
    behind.on("error", () => ask.socket.destroy());
    ask.pipe(behind);
  });
  front.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  front.on("upgrade", (ask, socket, head) => {
    const behind = connect(at, () => {
      const lines = [`${ask.method} ${ask.url} HTTP/1.1`];
      for (let n = 0; n < ask.rawHeaders.length; n += 2) {
        lines.push(`${ask.rawHeaders[n]}: ${ask.rawHeaders[n + 1]}`);
      }
      behind.write(`${lines.join("\r\n")}\r\n\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    const lose = () => void [behind.destroy(), socket.destroy()];
    behind.on("error", lose).on("close", lose);
    socket.on("error", lose).on("close", lose);
  });
  await new Promise<void>((done) => front.listen(0, "127.0.0.1", done));
  const address = front.address();
  const mine = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${mine}`,
    end: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => front.close(done));
    },
  };
}

/** The file that a request gets in place of what the program holds. */
function fileOf(root: string, ask: IncomingMessage): string | undefined {
  const { pathname } = new URL(ask.url ?? "/", "http://here");
  if (ask.method !== "GET" || /^\/(api|webhooks|media|healthz|readyz|metrics)\b/.test(pathname)) {
    return undefined;
  }
  const file = join(root, pathname);
  const isFile = extname(pathname) !== "" && file.startsWith(root) && existsSync(file);
  return isFile ? file : extname(pathname) === "" ? join(root, "index.html") : undefined;
}

// A mail server on loopback for journeys: SMTP without TLS (RFC 5321), which keeps its letters.
import { type AddressInfo, type Socket, createServer } from "node:net";

export interface Mail {
  url: string;
  /** The text of the newest letter to an address, or none so far. */
  text: (to: string) => string | undefined;
  end: () => void;
}

/** Undoes quoted-printable (RFC 2045, 6.7). */
function plain(raw: string): string {
  const body = raw.slice(raw.indexOf("\r\n\r\n") + 4);
  if (!raw.includes("quoted-printable")) return body;
  const bytes = body
    .replaceAll("=\r\n", "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => `%${hex}`);
  return decodeURIComponent(bytes.replace(/%(?![0-9A-F]{2})/g, "%25"));
}

export async function mailHere(): Promise<Mail> {
  const letters = new Map<string, string>();
  const server = createServer((socket: Socket) => {
    let [text, to, raw, isData] = ["", "", "", false];
    socket.write("220 mail.example ESMTP\r\n");
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      text += bytes.toString("utf8");
      for (let at = text.indexOf("\r\n"); at >= 0; at = text.indexOf("\r\n")) {
        const line = text.slice(0, at);
        text = text.slice(at + 2);
        if (isData && line === ".") {
          letters.set(to, raw);
          isData = false;
          socket.write("250 taken\r\n");
        } else if (isData) raw += `${line.replace(/^\./, "")}\r\n`;
        else if (/^data/i.test(line)) {
          [isData, raw] = [true, ""];
          socket.write("354 end with a dot\r\n");
        } else {
          to = /^rcpt to:<(.*)>/i.exec(line)?.[1] ?? to;
          socket.write(
            /^quit/i.test(line)
              ? "221 bye\r\n"
              : /^ehlo/i.test(line)
                ? "250-mail.example\r\n250 8BITMIME\r\n"
                : "250 ok\r\n",
          );
        }
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    text: (to) => {
      const raw = letters.get(to);
      return raw === undefined ? undefined : plain(raw);
    },
    end: () => void server.close(),
  };
}

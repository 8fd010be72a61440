// Socket.IO as a team would run it, tuned to its best case: WebSocket only, no compression, the
// first request of each connection let go. The load tests start it as a process of its own beside
// Baton and speak to it with the same client.
//
//   PEER_ADAPTER  memory (with recovery), plain (memory, without), redis, or streams (with recovery)
//   PEER_REDIS    redis://127.0.0.1:port, for redis and streams, and for locks
//
// It says `peer is ready at PORT` on its standard output, and ends with its standard input.
import { createServer } from "node:http";
import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server } from "socket.io";

const kind = process.env.PEER_ADAPTER ?? "plain";
const redis = process.env.PEER_REDIS ? new Redis(process.env.PEER_REDIS) : undefined;
// As long as Baton's lease, ms.
const LEASE_MS = 12_000;

const adapters = {
  plain: () => undefined,
  memory: () => undefined,
  redis: () => createPubSubAdapter(redis, redis.duplicate()),
  // Room for all that is missed in a run; what is trimmed cannot be recovered.
  streams: () => createStreamsAdapter(redis, { maxLen: 100_000 }),
};

const adapter = adapters[kind]();

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  // No pings within a run: they would only cost.
  pingInterval: 300_000,
  ...(kind === "memory" || kind === "streams"
    ? { connectionStateRecovery: { maxDisconnectionDuration: 600_000, skipMiddlewares: true } }
    : {}),
  ...(adapter ? { adapter } : {}),
});
io.engine.on("connection", (rawSocket) => {
  rawSocket.request = null;
});

io.on("connection", (socket) => {
  if (!socket.recovered) socket.join(socket.handshake.auth?.room ?? "inbox");
  // Everybody is told.
  socket.on("say", (event) => io.to("inbox").emit("event", event));
  // Colleagues are told, wherever they are.
  socket.on("draft", (draft) => socket.to("inbox").emit("draft", draft));
  // What clients miss: an event for each of these rooms in turn.
  socket.on("publish", async ({ rooms, first, count, text }, done) => {
    for (let n = first; n < first + count; n += 1) {
      const mark = "~L" + n.toString(16).padStart(8, "0");
      io.to(rooms[n % rooms.length]).emit("event", { text: mark + text });
      if (n % 500 === 0) await new Promise(setImmediate);
    }
    if (redis) await redis.ping();
    done();
  });
  socket.on("acquire", async (key, done) => {
    done((await redis.set(key, socket.id, "PX", LEASE_MS, "NX")) === "OK");
  });
  socket.on("release", async (key, done) => {
    await redis.del(key);
    done(true);
  });
  socket.on("gc", (done) => {
    global.gc();
    global.gc();
    done(io.engine.clientsCount);
  });
});

http.listen(0, "127.0.0.1", () => {
  process.stdout.write(`peer is ready at ${http.address().port}\n`);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

/** A TCP proxy in front of a server that can be slow, cut connections, or go silent as a network does. */
import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Each way, in ms; may be changed at any time. */
  latencyMs: number;
  /** Bytes and goodbyes vanish in both directions; connections stay open. */
  blackhole: boolean;
  /** Pieces of data that clients have sent so far: with one client and no pipelining, its round trips. */
  readonly sent: number;
  /** Connections at this moment. */
  readonly connections: number;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** In front of `host:port`, or of the Unix socket `path`. */
export async function halfOpenProxy(target: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<Proxy> {
  let sent = 0;
  const pairs = new Set<readonly [Socket, Socket]>();
  // Half open, or Node would answer the goodbyes that a blackhole swallows.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    client.on("data", () => sent++);
    forward(client, upstream);
    forward(upstream, client);
    client.once("close", () => pairs.delete(pair));
  });
  const forward = (from: Socket, to: Socket): void => {
    const later = (work: () => void): void => {
      if (proxy.latencyMs === 0) return proxy.blackhole ? undefined : work();
      setTimeout(() => proxy.blackhole || work(), proxy.latencyMs);
    };
    from.on("data", (bytes) => later(() => to.write(bytes)));
    from.on("end", () => later(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => later(() => to.destroy()));
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy: Proxy = {
    port: (server.address() as AddressInfo).port,
    latencyMs: 0,
    blackhole: false,
    get sent() {
      return sent;
    },
    get connections() {
      return pairs.size;
    },
    cut: () => {
      for (const [client, upstream] of pairs) {
        client.resetAndDestroy();
        upstream.destroy();
      }
    },
    close: () => {
      proxy.cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}

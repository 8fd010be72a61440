// Whether an address is of this computer alone: nobody else can open it.

export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    name === "0.0.0.0" ||
    /^127\.\d+\.\d+\.\d+$/.test(name)
  );
}

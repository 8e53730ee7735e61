/**
 * Completes package-lock.json with the packages of other platforms.
 *
 * npm leaves out of the lockfile an optional package that it could not look up when the lockfile was written, and then
 * `npm ci` refuses the lockfile as incomplete, everywhere. Their versions stand in the packages that ask for them.
 * Run after a dependency has changed: `npm install && npm run lockfile`.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface Entry {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };

for (const [, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    lock.packages[`node_modules/${name}`] ??= { version, ...platformOf(name), ...(dev && { dev }), optional: true };
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync("package-lock.json", `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);

/** `@oxlint/binding-linux-x64-musl` is for linux, x64, musl: npm must not try it elsewhere. */
function platformOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> {
  const words = name.split(/[/-]/);
  const systems = {
    darwin: "darwin",
    linux: "linux",
    win32: "win32",
    windows: "win32",
    android: "android",
    freebsd: "freebsd",
    openharmony: "openharmony",
  };
  const os = Object.entries(systems).find(([word]) => words.includes(word))?.[1];
  const cpu = ["x64", "arm64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64"].find((word) => words.includes(word));
  const libc = words.some((word) => word.startsWith("musl")) ? "musl" : words.some((word) => word.startsWith("gnu")) ? "glibc" : undefined;
  return { ...(os && { os: [os] }), ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }) };
}

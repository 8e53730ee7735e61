// Preloaded where there is no bash: writes the process's CPU seconds, user and system, when it ends.
import { writeFileSync } from "node:fs";

process.on("exit", () => {
  const { user, system } = process.cpuUsage();
  writeFileSync(process.env.BENCH_CPU_FILE, `${user / 1e6} ${system / 1e6}`);
});

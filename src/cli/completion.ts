/** Completion for bash, zsh and fish: the commands of the registry, written out once. */
import { flagOf, settings } from "../core/settings.ts";
import { failure } from "../core/errors.ts";
import { operationsOf, rooms } from "../registry.ts";
import { flagsOf, globalFlags } from "./arguments.ts";
import { cliErrors } from "./errors.ts";

export async function completion(shell: string): Promise<string> {
  const commands = await commandTable();
  if (shell === "bash") return bash(commands);
  if (shell === "zsh") return `#compdef pgsteward\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
  if (shell === "fish") return fish(commands);
  throw failure(cliErrors, "CLI_UNKNOWN_COMMAND", { command: `completion ${shell}` }, { hint: "completion knows: bash, zsh, fish" });
}

/** Words before, words that may follow. */
async function commandTable(): Promise<ReadonlyMap<string, readonly string[]>> {
  const table = new Map<string, string[]>();
  const everywhere = [
    ...globalFlags.map(({ name }) => name),
    ...settings.filter(({ environmentOnly }) => !environmentOnly).map(({ key }) => flagOf(key)),
  ];
  const first = ["completion", "help"];
  for (const room of Object.keys(rooms)) {
    const operations = [...(await operationsOf(room)).values()];
    for (const operation of operations) table.set(operation.name, [...(await flagsOf(operation)).keys(), ...everywhere]);
    if (room === "project") first.push(...operations.map(({ name }) => name));
    else {
      first.push(room);
      table.set(
        room,
        operations.map(({ name }) => name.split(" ")[1] ?? ""),
      );
    }
  }
  table.set("completion", ["bash", "zsh", "fish"]);
  return table.set("", first);
}

function bash(commands: ReadonlyMap<string, readonly string[]>): string {
  const cases = [...commands].map(([before, words]) => `    "${before}") words="${words.join(" ")}" ;;`).join("\n");
  return `_pgsteward_words() {
  case "$1" in
${cases}
    *) return 1 ;;
  esac
}
_pgsteward() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  before="$(echo "$before" | sed -E 's/ ?--?[^ ]+( |$)/\\1/g; s/ +$//')"
  until _pgsteward_words "$before"; do
    [[ "$before" == *" "* ]] || break
    before="\${before% *}"
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _pgsteward pgsteward`;
}

function fish(commands: ReadonlyMap<string, readonly string[]>): string {
  const top = (commands.get("") ?? []).map((word) => `complete -c pgsteward -n __fish_use_subcommand -f -a ${word}`);
  const rest = [...commands]
    .filter(([before]) => before !== "")
    .flatMap(([before, words]) => {
      const [room = "", verb] = before.split(" ");
      const seen =
        verb === undefined
          ? `__fish_seen_subcommand_from ${room}`
          : `__fish_seen_subcommand_from ${room}; and __fish_seen_subcommand_from ${verb}`;
      return words.map((word) =>
        word.startsWith("--")
          ? `complete -c pgsteward -n '${seen}' -l ${word.slice(2)}`
          : `complete -c pgsteward -n '${seen}' -f -a ${word}`,
      );
    });
  return [...top, ...rest].join("\n");
}

/** Failures of the command line. docs/errors.md is generated from this table. */

export const cliErrors = {
  CLI_UNKNOWN_COMMAND: {
    exit: 2,
    message: "there is no command {command}",
    when: "The command line names a room or a verb that does not exist.",
  },
  CLI_UNKNOWN_FLAG: { exit: 2, message: "{command} does not know {flag}", when: "A flag is mistyped or belongs to another command." },
  CLI_VALUE_MISSING: { exit: 2, message: "{flag} needs a value", when: "A flag that takes a value stands at the end of the line." },
  CLI_VALUE_UNEXPECTED: { exit: 2, message: "{flag} takes no value", when: "A switch was given a value with `=`." },
  CLI_TOO_MANY_WORDS: {
    exit: 2,
    message: "{command} does not take {word}",
    hint: "see `pgsteward {command} --help`",
    when: "There are more words on the command line than the operation takes.",
  },
} as const;

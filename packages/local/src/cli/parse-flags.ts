import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'

/** The value of one flag: `true` for a flag without a value, `undefined` for a flag that was not given. */
export type FlagValue = string | boolean | undefined | (string | boolean)[]

export type ParsedFlags =
  | { readonly ok: true; readonly values: Readonly<Record<string, FlagValue>> }
  | { readonly ok: false; readonly message: string }

/**
 * Parses command-line flags. Positional arguments are errors.
 *
 * It does not use the strict mode of `parseArgs`, whose error messages are written for programmers. Callers must therefore
 * check the type of each value: a `string` flag without a value is `true`.
 * @param args the arguments after the program.
 * @param flags as `node:util` takes them.
 * @returns the values, or a message without a full stop that names the first wrong argument.
 */
export function parseFlags(args: readonly string[], flags: ParseArgsOptionsConfig): ParsedFlags {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: flags,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  const unknown = tokens.find((token) => token.kind === 'option' && !Object.hasOwn(flags, token.name))
  if (unknown?.kind === 'option') return { ok: false, message: `There is no flag ${unknown.rawName}` }
  if (positionals[0] !== undefined)
    return { ok: false, message: `Expected flags only, got the argument "${positionals[0]}"` }
  return { ok: true, values }
}

/** The output of a program that starts several things: one short line for each step, with the elapsed time. */
export interface TerminalOutput {
  /** Prints a finished step, with the seconds since the start. */
  step(name: string, text: string): void
  /** Shows a step in progress. On a terminal the line is replaced by the next text; elsewhere nothing is printed. */
  progress(name: string, text: string): void
  /** Prints a warning or a piece of news between the steps. */
  note(text: string): void
  /** Prints text unchanged. */
  print(text: string): void
}

export interface TerminalOutputOptions {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly useColour: boolean
  /** Milliseconds since the start, from a monotonic clock. */
  readonly elapsedMs: () => number
}

const CLEAR_LINE = '\r\u001b[2K'

export function createTerminalOutput(options: TerminalOutputOptions): TerminalOutput {
  const { write, isTerminal, useColour, elapsedMs } = options
  /** Whether the last line on the terminal is a step in progress. */
  let isTemporary = false
  const paint = (code: string, text: string) => (useColour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (mark: string, name: string, text: string) => {
    const elapsed = seconds(elapsedMs()).padStart(7)
    return `${paint('2', elapsed)}  ${mark} ${name.padEnd(11)} ${text}`
  }
  const print = (text: string) => {
    write(`${isTemporary ? CLEAR_LINE : ''}${text}\n`)
    isTemporary = false
  }
  return {
    step: (name, text) => print(line(paint('32', '✓'), name, text)),
    note: (text) => print(line(paint('33', '!'), '', text).replace(/ {11,}/, ' ')),
    print,
    progress(name, text) {
      if (!isTerminal) return
      write(`${isTemporary ? CLEAR_LINE : ''}${line(paint('36', '…'), name, text)}`)
      isTemporary = true
    },
  }
}

/** @returns whether to print in colour. Any non-empty NO_COLOR turns it off: https://no-color.org */
export function wantsColour(isTerminal: boolean, environment: Record<string, string | undefined>): boolean {
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb'
}

/** @returns `1.2 s` for 1,234 milliseconds. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`
}

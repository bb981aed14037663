/** What a person sees while things start: short lines with elapsed times, on a terminal the last one alive. */
export interface Screen {
  /** A finished step, with the seconds since the start. */
  step(name: string, text: string): void
  /** A step under way: on a terminal one line that changes, elsewhere nothing. */
  doing(name: string, text: string): void
  /** Something the person should know, outside the list. */
  note(text: string): void
  /** Text as it is. */
  say(text: string): void
}

export interface ScreenOptions {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly useColour: boolean
  /** Milliseconds since the start, from a monotonic clock. */
  readonly elapsedMs: () => number
}

const CLEAR_LINE = '\r\u001b[2K'

export function createScreen({ write, isTerminal, useColour, elapsedMs }: ScreenOptions): Screen {
  let alive = false
  const paint = (code: string, text: string) => (useColour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (mark: string, name: string, text: string) => {
    const seconds = `${(elapsedMs() / 1_000).toFixed(1)} s`.padStart(7)
    return `${paint('2', seconds)}  ${mark} ${name.padEnd(11)} ${text}`
  }
  const print = (text: string) => {
    write(`${alive ? CLEAR_LINE : ''}${text}\n`)
    alive = false
  }
  return {
    step: (name, text) => print(line(paint('32', '✓'), name, text)),
    note: (text) => print(line(paint('33', '!'), '', text).replace(/ {11,}/, ' ')),
    say: print,
    doing(name, text) {
      if (!isTerminal) return
      write(`${alive ? CLEAR_LINE : ''}${line(paint('36', '…'), name, text)}`)
      alive = true
    },
  }
}

/** https://no-color.org: any value but the empty one turns colour off. */
export function wantsColour(isTerminal: boolean, environment: Record<string, string | undefined>): boolean {
  return isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb'
}

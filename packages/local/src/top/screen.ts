import type { ReadStream, WriteStream } from 'node:tty'
import type { SessionRow } from '@warm-pods/core/state/session.ts'
import { auditLines, fit, viewLines, wrap } from './render.ts'
import { readAudit, readView, type Source, type View } from './view.ts'

const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l'
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_REST_OF_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Slots, sessions and pods. */
const TABLES = 3
const LEAST_ROWS = 4
/** The head, the heads of tables, empty lines, three events and the keys. */
const FIXED_ROWS = 17

const KEYS = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  k: 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  j: 'down',
  '\r': 'follow',
  '\n': 'follow',
  '\u001b': 'back',
  '\u007f': 'back',
  q: 'quit',
  '\u0003': 'quit',
  '\u0004': 'quit',
} as const satisfies Record<string, Key>
type Key = 'up' | 'down' | 'follow' | 'back' | 'quit'

/** What the owner looks at: the tables with one chosen session, or the audit of that session. */
export interface Focus {
  readonly sessionId: string | undefined
  readonly isFollowed: boolean
}

/** Returns the focus after a key. @param sessions in the order of the screen. */
export function focusAfter(key: Exclude<Key, 'quit'>, focus: Focus, sessions: readonly SessionRow[]): Focus {
  if (key === 'back') return { ...focus, isFollowed: false }
  if (key === 'follow') return { ...focus, isFollowed: focus.sessionId !== undefined }
  if (focus.isFollowed || sessions.length === 0) return focus
  const present = sessions.findIndex(({ sessionId }) => sessionId === focus.sessionId)
  const next = present < 0 ? 0 : present + (key === 'up' ? -1 : 1)
  const chosen = sessions[Math.min(Math.max(next, 0), sessions.length - 1)]
  return { sessionId: chosen?.sessionId, isFollowed: false }
}

/** Returns the keys of a chunk of raw terminal input, which has several when they were pressed quickly. Other input is left out. */
export function keysOf(input: string): Key[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Escape begins the sequence of an arrow key.
  const pressed = input.match(/\u001b[[O][A-Z]|[\s\S]/g) ?? []
  return pressed.flatMap((key) => (Object.hasOwn(KEYS, key) ? [KEYS[key as keyof typeof KEYS]] : []))
}

/** Returns how many rows each table may have, so that the three of them and some events fit on a screen of `rows` lines. */
export function rowsPerTable(rows: number): number {
  return Math.max(LEAST_ROWS, Math.floor((rows - FIXED_ROWS) / TABLES))
}

/**
 * Shows the source until the owner quits, and restores the terminal. A view that cannot be read leaves the last one on the
 * screen, under the reason.
 * @param followed the session whose audit is shown first.
 * @param problemOf the sentence for an error of DynamoDB.
 * @throws the error of the first view.
 */
export async function showLive(
  source: Source,
  followed: string | undefined,
  { input, output }: { readonly input: ReadStream; readonly output: WriteStream },
  problemOf: (error: unknown) => string,
): Promise<void> {
  let view: View = await readView(source)
  let focus: Focus = { sessionId: followed, isFollowed: followed !== undefined }
  let problem: string | undefined
  let audit: string[] = []
  const quit = Promise.withResolvers<void>()
  let isOver = false
  let wake = (): void => {}

  const draw = (): void => {
    const { columns, rows } = output
    const keys = focus.isFollowed ? 'Esc back  q quit' : '↑ ↓ choose  Enter follow  q quit'
    const body = focus.isFollowed
      ? audit.flatMap((line) => wrap(line, columns))
      : viewLines(source.name, view, focus.sessionId, rowsPerTable(rows))
    const lines = [...(problem === undefined ? [] : [`Not up to date: ${problem}`]), ...body]
    const space = Math.max(0, rows - 2)
    // Of a long audit the last events are of interest, of the tables the first lines.
    const isCut = focus.isFollowed && lines.length > space
    const shown = isCut ? [...lines.slice(0, 1), ...lines.slice(1 - space)] : lines.slice(0, space)
    output.write(
      HOME +
        [...shown, '', keys]
          .slice(-rows)
          .map((line) => fit(line, columns) + CLEAR_REST_OF_LINE)
          .join('\r\n') +
        CLEAR_BELOW,
    )
  }
  const refresh = async (): Promise<void> => {
    try {
      view = await readView(source)
      await readFollowed()
      problem = undefined
    } catch (error) {
      problem = problemOf(error)
    }
  }
  const readFollowed = async (): Promise<void> => {
    if (!focus.isFollowed || focus.sessionId === undefined) return
    const { sessionId } = focus
    const row = view.sessions.find((candidate) => candidate.sessionId === sessionId)
    const found = await readAudit(source, sessionId)
    audit = auditLines(sessionId, found?.events ?? [], row, view.nowMs)
  }
  const onInput = (chunk: Buffer): void => {
    for (const key of keysOf(chunk.toString())) {
      if (key === 'quit') {
        quit.resolve()
        return
      }
      focus = focusAfter(key, focus, view.sessions)
      if (key === 'follow') {
        audit = ['Reading the audit …']
        wake()
      }
    }
    draw()
  }
  const onEnd = (): void => quit.resolve()

  void quit.promise.then(() => {
    isOver = true
    wake()
  })
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.once(signal, onEnd)
  output.write(ENTER_SCREEN)
  input.setRawMode(true)
  input.on('data', onInput)
  output.on('resize', draw)
  try {
    await readFollowed()
    while (!isOver) {
      draw()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, source.everyMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (!isOver) await refresh()
    }
  } finally {
    input.off('data', onInput)
    output.off('resize', draw)
    input.setRawMode(false)
    input.pause()
    output.write(LEAVE_SCREEN)
  }
}

import { socketFirst } from './socket-first.ts'

/** Loads a chunk before it is needed. A failure matters only when the chunk is drawn: its `Boundary` shows it then. */
export function preload(load: () => Promise<unknown>): void {
  load().catch(() => {})
}

/**
 * Imports a module with retries. Without them a chunk that fails once would be missing for the rest of the visit, because
 * React keeps the failure. Imports wait for {@link socketFirst}.
 * @param load the dynamic import. @param pauseMs between tries.
 * @throws the last failure, after `tries`.
 */
export async function retryImport<Part>(
  load: () => Promise<Part>,
  tries = 10,
  pauseMs = 2_000,
): Promise<Part> {
  await socketFirst
  for (;;) {
    try {
      return await load()
    } catch (error) {
      if (--tries <= 0) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

import type { Api } from '../visit/api.ts'

/** Whether the site itself answers: then the visitor's network works. */
export type SiteAnswers = () => Promise<boolean>

const PAUSE_MS = 400

/**
 * Whether nothing speaks the API at its address although the visitor's own network works: the site answers, the API does
 * not, and the site answers still, twice in a row. A network that comes and goes fails one of the six.
 */
export async function isAway(
  api: Pick<Api, 'pool'>,
  siteAnswers: SiteAnswers = fetchSite,
  pauseMs = PAUSE_MS,
): Promise<boolean> {
  for (let round = 0; round < 2; round++) {
    if (!(await siteAnswers())) return false
    if ((await api.pool()).is !== 'unreachable') return false
    if (!(await siteAnswers())) return false
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return true
}

async function fetchSite(): Promise<boolean> {
  try {
    const { ok } = await fetch(document.baseURI.split('#')[0] ?? '', {
      method: 'HEAD',
      cache: 'no-store',
      signal: AbortSignal.timeout(3_000),
    })
    return ok
  } catch {
    return false
  }
}

import type { Api } from '../visit/api.ts'

/** Returns whether the site itself answers, which shows that the visitor's network works. */
export type SiteAnswers = () => Promise<boolean>

const PAUSE_MS = 400

/**
 * Returns whether the API is away although the visitor's own network works. It checks twice in a row that the site answers,
 * the API does not, and the site still answers. An unstable network fails one of the six checks.
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

/** The form of a commit's subject: `area: imperative summary`. */

export const MAX_LENGTH = 72

const FORM = /^[a-z0-9][a-z0-9 ,./-]*: (\S+)/
/** Verbs that look like a past tense, a participle or a third person, and are none. */
const BASE_FORMS = new Set(
  'embed exceed feed heed need proceed seed shed speed bring ping ring spring string swing focus alias bias'.split(
    ' ',
  ),
)

/** Returns the problems of a subject, as sentences; an empty list if it has none. */
export function subjectProblems(subject: string): string[] {
  const problems: string[] = []
  if (subject.length > MAX_LENGTH)
    problems.push(`It has ${subject.length} characters, ${MAX_LENGTH} at most.`)
  const verb = FORM.exec(subject)?.[1]
  if (verb === undefined) problems.push('It must read `area: summary`, with the area in lower case.')
  else if (!isImperative(verb))
    problems.push(`"${verb}" must be an imperative in lower case, such as "add" or "fix".`)
  if (subject.endsWith('.')) problems.push('It must not end with a full stop.')
  return problems
}

function isImperative(verb: string): boolean {
  if (!/^[a-z]/.test(verb)) return false
  return BASE_FORMS.has(verb) || !/(?:ed|ing|[^s]s)$/.test(verb)
}

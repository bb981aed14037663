/** Queries of Prometheus. https://prometheus.io/docs/prometheus/latest/querying/api/ */

/** One series of a result, with its present value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

interface Answer {
  readonly status: 'success' | 'error'
  readonly error?: string
  readonly data?:
    | { readonly resultType: 'scalar'; readonly result: readonly [number, string] }
    | {
        readonly resultType: 'vector'
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>
          readonly value: readonly [number, string]
        }[]
      }
}

/** Evaluates an expression now. @throws Error with the words of Prometheus. */
export async function query(prometheus: string, expression: string): Promise<Sample[]> {
  const answer = await ask(`${prometheus}/api/v1/query?${new URLSearchParams({ query: expression })}`)
  const { data } = answer
  if (!data) throw new Error(`Prometheus refused ${expression}: ${answer.error}`)
  if (data.resultType === 'scalar') return [{ labels: {}, value: Number(data.result[1]) }]
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

async function ask(url: string): Promise<Answer> {
  const response = await fetch(url)
  return (await response.json()) as Answer // The documented form.
}

/** Returns the targets that Prometheus cannot read, each with its error. */
export async function targetsDown(prometheus: string): Promise<{ targets: number; down: string[] }> {
  const response = await fetch(`${prometheus}/api/v1/targets?state=active`)
  const { data } = (await response.json()) as {
    data: { activeTargets: { scrapeUrl: string; health: string; lastError: string }[] }
  }
  const down = data.activeTargets.filter(({ health }) => health !== 'up')
  return {
    targets: data.activeTargets.length,
    down: down.map(({ lastError, scrapeUrl }) => `${scrapeUrl}: ${lastError || 'not read yet'}`),
  }
}

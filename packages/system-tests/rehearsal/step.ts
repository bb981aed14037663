/** Prints a line for a step, with its duration. @throws the error of the step. */
export async function step<T>(title: string, body: () => Promise<T>): Promise<T> {
  const startedMs = performance.now()
  process.stdout.write(`${title} … `)
  try {
    const result = await body()
    console.log(`${((performance.now() - startedMs) / 1000).toFixed(0)} s`)
    return result
  } catch (error) {
    console.log('failed')
    throw error
  }
}

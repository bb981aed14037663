import type { Power, Settings } from './settings.ts'

/**
 * Awake or asleep. What was asked for last is kept in the account (a Parameter Store entry, free), so that a deploy
 * that says nothing, as CI's, leaves a sleeping stage asleep.
 */
export async function power(s: Settings): Promise<Power> {
  const path = `/${$app.name}/${s.stage}`
  const name = `${path}/power`
  // By path: an entry that is not there yet is an empty answer, not an error.
  const { names, values } = await aws.ssm.getParametersByPath({ path })
  const kept = values[names.indexOf(name)] === 'asleep' ? 'asleep' : 'awake'
  const now = s.power ?? kept
  new aws.ssm.Parameter('Power', {
    name,
    type: 'String',
    value: now,
    description: 'awake or asleep; `npm run sleep` and `npm run wake` change it',
  })
  return now
}

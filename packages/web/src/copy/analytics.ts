/** The note about counting at the foot of the page. */
export const COUNTING = {
  counted:
    'Counted, without cookies, names or ids: claims, kills, how long recoveries took, refusals, shared and exported recordings.',
  on: 'Counting is on',
  off: 'Counting is off',
  asked: 'Your browser asks not to be tracked, so nothing is counted.',
} as const

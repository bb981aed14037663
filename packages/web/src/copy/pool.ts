/** The copy of a pool with many slots. A chunk of its own with its grid. */
export const SLOT_GRID = {
  states: 'Slots by state',
  count: (count: number, state: string) => `${count} ${state}`,
  choose: (slots: number) => `Slot, 1 to ${slots}`,
  chosen: (slot: number) => `Slot ${slot}`,
  hint: 'Choose a square to see its slot.',
  label: (slot: number, of: number, state: string, alias: string | undefined) =>
    `Slot ${slot} of ${of}: ${state}${alias === undefined ? '' : `, ${alias}`}`,
} as const

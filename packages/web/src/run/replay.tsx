import type { Places } from '../page.tsx'

export function replay(_places: Places, open: () => void): void {
  open()
}

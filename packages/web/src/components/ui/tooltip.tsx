import type { ReactNode } from 'react'
import { cn } from '@/lib/utils'

interface Props {
  /** Named by `aria-describedby` of the element that it explains. */
  readonly id: string
  readonly open: boolean
  readonly className?: string
  readonly children: ReactNode
}

/**
 * A text that lies over the content below its nearest positioned ancestor, so that nothing moves when it opens. The owner
 * opens it on hover, focus and press, and closes it on Escape (WCAG 1.4.13). Radix' Tooltip does not open on touch, and with
 * its positioning library it is larger than the room left in the first load.
 */
export function Tooltip({ id, open, className, children }: Props) {
  return (
    <div
      id={id}
      role="tooltip"
      className={cn(
        // Empty while its text loads.
        'absolute inset-x-2 top-full z-20 empty:hidden mt-1 border border-foreground/40 bg-card px-3 py-2 text-sm shadow-md',
        !open && 'hidden',
        className,
      )}
    >
      {open && children}
    </div>
  )
}

import type { ComponentProps } from 'react'
import { cn } from '@/lib/utils'

/** A short framed text. */
export function Badge({ className, ...props }: ComponentProps<'span'>) {
  return (
    <span
      className={cn(
        'inline-flex items-center gap-1.5 border px-2 py-0.5 text-xs whitespace-nowrap',
        className,
      )}
      {...props}
    />
  )
}

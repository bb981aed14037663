import type { ComponentProps } from 'react'
import { cn } from '@/lib/utils'

const BASE =
  'inline-flex items-center justify-center gap-2 whitespace-nowrap transition-colors aria-disabled:cursor-default forced-color-adjust-none forced-colors:border print:hidden'
const VARIANTS = {
  solid:
    'bg-foreground text-background hover:bg-foreground/85 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
  kill: 'bg-kill text-kill-foreground hover:bg-kill/88 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
  outline: 'border border-foreground/40 hover:bg-muted',
  quiet: 'text-muted-foreground hover:text-foreground',
}
const SIZES = {
  main: 'min-h-12 min-w-32 flex-1 px-3 text-base leading-tight font-semibold sm:px-4 lg:w-52 lg:flex-none',
  normal: 'min-h-11 px-4 text-[0.9375rem] font-medium',
  small: 'min-h-11 px-2.5 text-sm',
}

interface Props extends ComponentProps<'button'> {
  readonly variant?: keyof typeof VARIANTS
  readonly size?: keyof typeof SIZES
}

/** A button. Give `aria-disabled` instead of `disabled` where it may hold the focus: a disabled element loses it. */
export function Button({ className, variant = 'solid', size = 'normal', ...props }: Props) {
  return <button type="button" className={cn(BASE, VARIANTS[variant], SIZES[size], className)} {...props} />
}

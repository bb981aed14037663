import { cva, type VariantProps } from 'class-variance-authority'
import type { ComponentProps } from 'react'
import { cn } from '@/lib/utils'

const buttonVariants = cva(
  'inline-flex items-center justify-center gap-2 whitespace-nowrap transition-colors aria-disabled:cursor-default forced-color-adjust-none forced-colors:border print:hidden',
  {
    variants: {
      variant: {
        solid:
          'bg-foreground text-background hover:bg-foreground/85 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
        kill: 'bg-kill text-kill-foreground hover:bg-kill/88 aria-disabled:bg-muted aria-disabled:text-muted-foreground',
        outline: 'border border-foreground/40 hover:bg-muted',
        quiet: 'text-muted-foreground hover:text-foreground',
      },
      size: {
        main: 'min-h-12 min-w-32 flex-1 px-3 text-base leading-tight font-semibold max-sm:whitespace-normal sm:min-w-52 sm:px-6 lg:flex-none',
        normal: 'min-h-11 px-4 text-[0.9375rem] font-medium',
        small: 'min-h-11 px-2.5 text-sm',
      },
    },
    defaultVariants: { variant: 'solid', size: 'normal' },
  },
)

/** A button. Give `aria-disabled` instead of `disabled` where it may hold the focus: a disabled element loses it. */
export function Button({
  className,
  variant,
  size,
  ...props
}: ComponentProps<'button'> & VariantProps<typeof buttonVariants>) {
  return <button type="button" className={cn(buttonVariants({ variant, size }), className)} {...props} />
}

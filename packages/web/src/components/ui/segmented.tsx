import { useId, useState } from 'react'
import { cn } from '@/lib/utils'

interface Props<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly { readonly value: Value; readonly label: string }[]
  readonly onChange: (value: Value) => void
  readonly className?: string
}

/**
 * A radio group (arrow keys, one tab stop) that looks like a segmented switch. The radios are the browser's own: Radix' select
 * only while a key is down, and screen readers and WebKit's driver send presses that are shorter.
 *
 * After a key press the focused radio has a ring. WebKit's `:focus-visible` does not match a radio that an arrow key has focused.
 */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  className,
}: Props<Value>) {
  const name = useId()
  const [usesKeys, setUsesKeys] = useState(false)
  return (
    <div
      role="radiogroup"
      aria-label={label}
      onKeyDown={() => setUsesKeys(true)}
      onPointerDown={() => setUsesKeys(false)}
      className={cn('flex flex-wrap items-center gap-x-2 gap-y-1', className)}
    >
      <span className="text-sm text-muted-foreground" aria-hidden="true">
        {label}
      </span>
      <div className="flex border border-foreground/25">
        {options.map((option) => (
          <label
            key={option.value}
            className="relative flex min-h-11 items-center px-2.5 text-sm whitespace-nowrap forced-color-adjust-none not-first:border-l not-first:border-foreground/25"
          >
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
              className={cn(
                'peer absolute inset-0 size-full cursor-pointer appearance-none checked:bg-foreground focus-visible:z-10',
                usesKeys && 'focus-ring focus:z-10',
              )}
            />
            <span className="pointer-events-none relative text-muted-foreground peer-checked:text-background peer-hover:not-peer-checked:text-foreground">
              {option.label}
            </span>
          </label>
        ))}
      </div>
    </div>
  )
}

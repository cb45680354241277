/** The mark: a pulse through a door. Decorative; the product's name stands in the title. */
export function Logo({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b7a5b" />
      <path d="M8 22.5h4.2l3-11 4 13 2.8-7H25" fill="none" stroke="#fff" strokeWidth="2.6" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

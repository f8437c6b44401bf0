const PATHS = {
  sign: 'M15.3 6.2c-.4-2-2-3-3.800-2.900-2.200.1-3.600 1.500-3.500 3.300.1 3.900 7.800 3.500 7.900 7.500 0 1.900-1.500 3.300-3.700 3.300-1.900.1-3.500-.9-3.900-2.700M6.500 19.500 17.500 4.500M7 10.200v.1M17 12.800v.1',
  search: 'M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13ZM15.500 15.500 20 20',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'm5 12.500 4.500 4.500L19 7',
  cross: 'M6 6l12 12M18 6 6 18',
  chevron: 'm9 6 6 6-6 6',
  left: 'm15 6-6 6 6 6',
  filter: 'M4 6h16M7 12h10M10 18h4',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10Z',
  system: 'M4 5h16v11H4zM9 20h6M12 16v4',
  help: 'M9 9.300a3 3 0 1 1 4.300 2.700c-.9.5-1.300 1-1.300 2M12 17.500v.1',
  out: 'M14 4h5v16h-5M4 12h10M10.500 8.500 14 12l-3.500 3.500',
  down: 'M12 4v11M7.500 11 12 15.500 16.500 11M5 20h14',
  bulk: 'M4 6h11M4 12h11M4 18h7M17 15l2.500 2.500L23 13',
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing for beside a word, or within a control that has a label. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

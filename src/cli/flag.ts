/** One flag: parsing, help, completion and the type of its value derive from it. */
export interface Flag {
  /** One letter, without the dash. */
  readonly short?: string;
  /** Long names that other tools have for it: understood, but not shown. */
  readonly also?: readonly string[];
  /** Stands for the value in the help; without it the flag is a switch. */
  readonly value?: string;
  /** Every value that there is. */
  readonly choices?: readonly string[];
  /** Whether the value is the path of a file. */
  readonly isFile?: true;
  /** Whether it may be given several times. */
  readonly isRepeatable?: true;
  /** Written `--no-…`: true unless it is given. */
  readonly isNegative?: true;
  /** The variable of the environment that stands in for it. */
  readonly env?: string;
  /** What it has when it is not given. */
  readonly fallback?: unknown;
  readonly doc: string;
  /** Reads one value. @throws {CliError} */
  readonly parse: (text: string) => unknown;
}

/** Flags by their names in camel case. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** Flags that stand together in the help. */
export interface FlagGroup {
  readonly title: string;
  readonly flags: FlagTable;
}

type Parsed<Row extends Flag> = Row extends { readonly isRepeatable: true }
  ? readonly ReturnType<Row['parse']>[]
  : ReturnType<Row['parse']>;

type AlwaysThere =
  | { readonly isRepeatable: true }
  | { readonly isNegative: true }
  | { readonly fallback: unknown };

/** The values of the flags of a table. */
export type Values<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends AlwaysThere
    ? Parsed<Table[Name]>
    : Parsed<Table[Name]> | undefined;
};

/** The long name of a flag: `--will-topic`, `--no-clean`. */
export function longName(name: string, { isNegative }: Flag): string {
  const kebab = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return isNegative === true ? `--no-${kebab}` : `--${kebab}`;
}

import { checkNumber, checkObject, checkOneOf, type NumberRange } from './optionError.ts';

/** What an option may be: a number in a range, one of a list, or what a check of its own lets pass. */
export type OptionRule = NumberRange | readonly unknown[] | ((field: string, value: unknown) => unknown);

/** The options that there are, each with its rule. */
export type OptionRules = Readonly<Record<string, OptionRule>>;

/** Of an option that is on or off. */
export const onOrOff = [true, false] as const;

function checkBy(rule: OptionRule, field: string, value: unknown): void {
  if (typeof rule === 'function') rule(field, value);
  else if ('min' in rule) checkNumber(field, value, rule);
  else checkOneOf(field, value, rule);
}

/** Checks every option that is given. `prefix`: what stands before its name, for instance `options.`. @throws OptionError */
export function checkGiven(prefix: string, options: object, rules: OptionRules): void {
  for (const [name, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) checkBy(rule, `${prefix}${name}`, value);
  }
}

/** The value if it is an object that holds nothing but these options, each as its rule has it. @throws OptionError */
export function checkOptions<T extends object>(field: string, value: unknown, rules: OptionRules): T {
  const options = checkObject<T>(field, value, new Set(Object.keys(rules)));
  checkGiven(`${field}.`, options, rules);
  return options;
}

/** tf.strings: text in tensors. */

export { regexFullMatch, stringJoin as join } from "./ops/filename-strings.ts";
export { stringFormat as format } from "./ops/print.ts";
export {
  asString,
  stringLength as length,
  stringLower as lower,
  stringStrip as strip,
  stringToNumber as toNumber,
  stringUpper as upper,
} from "./ops/strings.ts";

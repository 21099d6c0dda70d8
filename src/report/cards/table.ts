import { InputError } from '../../core/errors.js';
import type { Card, TableData, Words } from '../data.js';
import { card } from './words.js';

export interface TableInput extends Words {
  headers: readonly string[];
  /** Cells; numbers are written with eight digits, those below a thousandth with four; null is an empty cell. */
  rows: readonly (readonly (string | number | null | undefined)[])[];
}

function cell(value: string | number | null | undefined): string {
  if (typeof value !== 'number') return String(value ?? '');
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-3 ? value.toExponential(3) : String(Number(value.toPrecision(8)));
}

/** A table of text and numbers. */
export function tableCard({ headers, rows, ...words }: TableInput): Card {
  rows.forEach((row, i) => {
    if (row.length !== headers.length) {
      throw new InputError(`table: rows[${i}] has ${row.length} cells; there are ${headers.length} headers.`);
    }
  });
  const picture: TableData = {
    kind: 'table',
    headers: headers.map(String),
    rows: rows.map((row) => row.map(cell)),
  };
  return card('table', words, picture);
}

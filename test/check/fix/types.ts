/** Types with values at their edges, as SQL; what a server does not offer is left out. */
import type { Session } from "../../../src/core/engine.ts";

/** Made once in each schema. */
export const ownTypes = `
  create type mood as enum ('sad', 'so so', 'it''s "fine"', '');
  create domain positive as integer check (value > 0);
  create domain label as text not null default 'x';
  create domain short_list as text[] check (array_length(value, 1) < 9);
  create type pair as (a integer, "B b" text, c jsonb);
  create type span as range (subtype = timestamptz);
  create table named (id integer);`;

export const edgeValues: Readonly<Record<string, readonly string[]>> = {
  smallint: ["-32768", "0"],
  integer: ["2147483647", "-1"],
  bigint: ["-9223372036854775808", "7"],
  numeric: ["1.500", "-0.00000000000000000001", "123456789012345678901234567890.12345", "'NaN'", "'Infinity'"],
  "numeric(10,2)": ["0.10", "-99999999.99"],
  real: ["0.1", "'-0'", "3.4028235e38", "1e-45", "'NaN'"],
  "double precision": ["0.1::float8 + 0.2", "'-0'", "1.7976931348623157e308", "5e-324", "'-Infinity'"],
  money: ["'-12.34'", "'92233720368547758.07'"],
  text: ["''", "'a\"b\\c''d,(e) {f}'", "E'line\\nbreak\\ttab'", "'NULL'", "'ünï 🦆'", "' '"],
  "varchar(12)": ["'a  '", "''"],
  "character(5)": ["'ab'", "'     '"],
  bpchar: ["'trailing   '", "''"],
  name: ["'a name'"],
  '"char"': ["'x'", "''", "'\\200'"],
  bytea: ["'\\x00ff5c27'", "''"],
  boolean: ["true", "false"],
  date: ["'0044-03-15 BC'", "'infinity'", "'2024-02-29'", "'12345-06-07'"],
  time: ["'24:00'", "'00:00:00.000001'"],
  "time with time zone": ["'12:34:56.789+05:45'", "'00:00-15:59'"],
  timestamp: ["'-infinity'", "'0001-01-01 00:00:00.123456 BC'"],
  timestamptz: ["'2024-10-27 02:30:00+02'", "'infinity'", "'4000-01-01 BC'"],
  interval: ["'-1 mon +2 days -00:00:03.5'", "'0'", "'178000000 years'", "'1 year -3 hours'"],
  json: ['\'{"b": 1,  "a":2, "b":null}\'', "'null'", "'\"\\u00e4\"'", "' [1.0, 1e2] '"],
  jsonb: ["'null'", '\'{"a": [1.50, {"b": null}]}\'', "'\"\"'", "'0.10'"],
  jsonpath: ["'$.a[*] ? (@ > 1)'"],
  uuid: ["'00000000-0000-0000-0000-000000000000'"],
  inet: ["'192.168.0.1'", "'192.168.0.1/24'", "'::1'"],
  cidr: ["'10.0.0.0/8'"],
  macaddr: ["'08:00:2b:01:02:03'"],
  macaddr8: ["'08:00:2b:01:02:03:04:05'"],
  "bit(5)": ["B'10101'"],
  "bit varying": ["B''", "B'1'"],
  tsvector: ["'''it''''s'':1A \"q\":2'::text::tsvector", "to_tsvector('simple', 'a b a')"],
  tsquery: ["'a & !(b | ''c d'':*A)'"],
  xml: ['\'<?xml version="1.0" encoding="UTF-8"?><a b="1">ä</a>\'', "'text only'"],
  point: ["'(0.1,-0)'"],
  line: ["'{1,2,3}'"],
  lseg: ["'[(0,0),(1,1e-7)]'"],
  box: ["'(1,1),(0,0)'"],
  path: ["'[(0,0),(1,1)]'", "'((0,0),(1,1))'"],
  polygon: ["'((0,0),(1,0),(1,1))'"],
  circle: ["'<(0,0),0.3>'"],
  int4range: ["'empty'", "'(,5]'"],
  numrange: ["'[1.10,2.200)'"],
  tstzrange: ["'[2024-01-01 00:00+03,infinity)'"],
  span: ["'[2024-01-01 00:00+03,)'"],
  int8multirange: ["'{}'", "'{[1,3),[5,6)}'"],
  "integer[]": ["'{}'", "'{1,NULL,3}'", "'[-1:1]={1,2,3}'", "'{{1,2},{3,4}}'"],
  "text[]": ["array['', null, 'NULL', 'a,b', '\"', '\\', '{}']"],
  "jsonb[]": ['array[\'null\'::jsonb, null, \'{"a": "b\\"c"}\']'],
  "timestamptz[]": ["array['2024-06-01 12:00+02'::timestamptz, 'infinity']"],
  "character(3)[]": ["array['a', 'bcd']"],
  mood: ["'it''s \"fine\"'", "''", "'so so'"],
  "mood[]": ["'{sad,\"\"}'"],
  positive: ["1"],
  label: ["''", "'it''s'"],
  short_list: ["'{}'", "array['(', '\"', null]"],
  pair: ["row(null, null, null)", "row(1, 'a\"b\\,c', 'null')", 'row(null, \'\', \'{"x": "(\\"y\\")"}\')'],
  "pair[]": ["array[row(1, 'x', null)::pair, null, row(null, '{}', '[]')::pair]"],
  oid: ["4294967295"],
  regclass: ["'named'"],
  regtype: ["'mood'"],
  regproc: ["'now'"],
  regconfig: ["'english'"],
  pg_lsn: ["'16/B374D848'"],
  xid8: ["'18446744073709551615'"],
  vector: ["'[0.1,-0,3.4e38]'"],
  halfvec: ["'[0.5,65504]'"],
  citext: ["'MiXed'"],
  hstore: ['\'a=>NULL, b=>"x\\"y"\''],
};

/** The types whose first value this server takes. The schema has `ownTypes`. */
export async function offered(db: Session): Promise<readonly string[]> {
  for (const name of ["vector", "citext", "hstore"]) await db.script(`create extension ${name} schema public`).catch(() => undefined);
  const known: string[] = [];
  for (const [type, [value]] of Object.entries(edgeValues)) {
    const fits = await db.query(`select (${value})::${type}`).then(
      () => true,
      () => false,
    );
    if (fits) known.push(type);
  }
  return known;
}

-- Rows for the truth: what a statement does to tables in use.
insert into parent select n, 'c' || n, 'name' from generate_series(1, 60) n;
insert into t (id, v, txt, ch, n, i, nn, checked, sm, big, f, j, jb, ts, tz, d, tm, iv, bits, cd, u, m, dom, pos, arr, parent_id, owner_id)
select n, 'v' || n, 'a' || n, 'abc', n, n, n, n, n, n, n, '{}', '{}', '2026-01-01', '2026-01-01', '2026-01-01', '10:00', '1 hour', b'101',
  '10.0.0.0/8', '00000000-0000-0000-0000-000000000001', 'ok', 'x', 1, '{1}', n, n
from generate_series(1, 50) n;
insert into child select n, n, 'note' from generate_series(1, 40) n;
insert into plain select n, n::text from generate_series(1, 30) n;
insert into fleeting select generate_series(1, 30);
insert into keyless select n, n from generate_series(1, 30) n;
insert into secured select n, '00000000-0000-0000-0000-000000000001', 'x' from generate_series(1, 30) n;
insert into events select n, '2025-05-05', 'k' from generate_series(1, 30) n;
insert into events select n, '2030-05-05', 'k' from generate_series(1, 30) n;
insert into lists select n, 'a' from generate_series(1, 30) n;
insert into lists select n, 'b' from generate_series(1, 30) n;
insert into events_2026 select n, '2026-05-05', 'k' from generate_series(1, 30) n;
insert into events_2027 select n, '2027-05-05', 'k' from generate_series(1, 30) n;
insert into lists_c select n, 'c' from generate_series(1, 30) n;
insert into lists_d select n, 'd' from generate_series(1, 30) n;
insert into animal select n, 'a' from generate_series(1, 30) n;
insert into dog select n, 'a', 'b' from generate_series(1, 30) n;
insert into cat select n, 'a' from generate_series(1, 30) n;
insert into ticket (title) select 'x' from generate_series(1, 30);
insert into invoice (amount) select 1 from generate_series(1, 30);
refresh materialized view totals;

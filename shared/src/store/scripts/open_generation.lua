-- open_generation: begin what an import writes before it counts. One that nobody writes to for long is dropped.
-- ARGV none | Returns its number.
--@include time
local generation = call('INCR', k_last_generation())
call('ZADD', k_idle_generations(), now_ms, generation)
return generation

-- set_caps: the caps that bind every campaign of the workspace.
-- ARGV 2 rules, one a line (include/caps.lua) | Returns 1 when they have changed, 0 otherwise.
--@include time caps
return write_caps('', ARGV[2]) and 1 or 0

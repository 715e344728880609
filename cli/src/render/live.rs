//! A view that is drawn again in its own place.

use std::{
    env,
    io::{self, IsTerminal},
    mem,
};

use crate::{failure::Failure, output};

/// Remembers how much of the screen the last drawing took.
#[derive(Debug, Default)]
pub struct Live {
    lines: usize,
}

impl Live {
    /// Draws `view` where the previous one stands. It is cut at the terminal's width and height: a line that wrapped or
    /// left the screen would spoil the count.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn draw(&mut self, view: &str) -> Result<(), Failure> {
        let (columns, rows) = terminal_size();
        output::text(&self.frame(view, columns, rows))
    }

    fn frame(&mut self, view: &str, columns: usize, rows: usize) -> String {
        let lines: Vec<_> = view.lines().take(rows - 1).map(|line| cut(line, columns)).collect();
        let back = match mem::replace(&mut self.lines, lines.len()) {
            0 => String::new(),
            drawn => format!("\x1b[{drawn}A\x1b[J"),
        };
        lines.iter().fold(back, |frame, line| frame + line + "\n")
    }
}

/// Whether stdout is a terminal on which a view can be drawn again.
pub fn can_redraw() -> bool {
    io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns and rows of the terminal on stdout, at least 1 and 2; 80 and 24 when it does not say.
pub fn terminal_size() -> (usize, usize) {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes a winsize, and `size` is one that outlives the call.
    let asked = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    if asked == 0 && size.ws_col > 0 && size.ws_row > 0 {
        (size.ws_col.into(), usize::from(size.ws_row).max(2))
    } else {
        (80, 24)
    }
}

/// The first `width` visible characters; colour sequences take no room and are kept.
fn cut(line: &str, width: usize) -> String {
    let (mut seen, mut in_sequence, mut kept) = (0, false, String::with_capacity(line.len()));
    for c in line.chars() {
        if c == '\x1b' {
            in_sequence = true;
        }
        if in_sequence || seen < width {
            kept.push(c);
        }
        if in_sequence {
            in_sequence = c != 'm';
        } else {
            seen += 1;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_frame_goes_back_over_the_lines_of_the_last() {
        let mut live = Live::default();
        assert_eq!(live.frame("a\nb\n", 80, 24), "a\nb\n");
        assert_eq!(live.frame("c\n", 80, 24), "\x1b[2A\x1b[Jc\n");
        assert_eq!(live.frame("d\n", 80, 24), "\x1b[1A\x1b[Jd\n");
    }

    #[test]
    fn a_view_higher_than_the_terminal_is_cut_so_that_the_next_one_finds_its_begin() {
        let mut live = Live::default();
        assert_eq!(live.frame("a\nb\nc\nd\n", 80, 3), "a\nb\n");
        assert_eq!(live.frame("e\n", 80, 3), "\x1b[2A\x1b[Je\n");
    }

    #[test]
    fn lines_are_cut_at_the_width_without_losing_the_end_of_a_colour() {
        assert_eq!(cut("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mabc\x1b[0m");
    }
}

//! Columns that line up.

/// How a column's cells are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under a header, columns two spaces apart, no trailing blanks; each line ends with a newline.
/// Cells hold no colours: their width is counted in characters.
pub fn table(columns: &[(&str, Align)], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let widths = widths(&header, rows);
    let mut text = String::new();
    for row in std::iter::once(&header).chain(rows) {
        let cells = row.iter().zip(columns).zip(&widths).map(|((cell, (_, align)), width)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn widths(header: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    let width = |cell: &String| cell.chars().count();
    let column = |index: usize| rows.iter().filter_map(move |row| row.get(index)).map(width).max().unwrap_or(0);
    header.iter().enumerate().map(|(index, title)| width(title).max(column(index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_left_numbers_right_and_no_line_ends_with_blanks() {
        let rows = vec![vec!["a".into(), "12".into(), String::new()], vec!["bcd".into(), "3".into(), "x".into()]];
        let text = table(&[("NAME", Align::Left), ("N", Align::Right), ("NOTE", Align::Left)], &rows);
        assert_eq!(text, "NAME   N  NOTE\na     12\nbcd    3  x\n");
    }
}

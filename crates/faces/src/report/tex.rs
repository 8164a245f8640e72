//! Text as LaTeX takes it, with pdflatex's fonts and without a package but `fontenc` for the letters of Europe.

/// Signs that TeX's fonts have in mathematics, or under another name.
const SIGNS: &[(char, &str)] = &[
    ('%', r"\%"),
    ('&', r"\&"),
    ('_', r"\_"),
    ('#', r"\#"),
    ('$', r"\$"),
    ('{', r"\{"),
    ('}', r"\}"),
    ('\\', r"\textbackslash{}"),
    ('~', r"\textasciitilde{}"),
    ('^', r"\textasciicircum{}"),
    ('|', r"\textbar{}"),
    ('`', r"\textasciigrave{}"),
    ('"', r"\char34{}"),
    ('<', "$<$"),
    ('>', "$>$"),
    ('\u{a0}', "~"),
    ('\u{ad}', r"\-"),
    ('\u{200b}', ""),
    ('\u{200c}', ""),
    ('\u{200d}', ""),
    ('\u{202f}', r"\,"),
    ('\u{2009}', r"\,"),
    ('‐', "-"),
    ('‑', "-"),
    ('–', "--"),
    ('—', "---"),
    ('…', r"\dots{}"),
    ('‘', "`"),
    ('’', "'"),
    ('“', "``"),
    ('”', "''"),
    ('†', r"\dag{}"),
    ('‡', r"\ddag{}"),
    ('•', r"\textbullet{}"),
    ('‰', r"\textperthousand{}"),
    ('′', r"$'$"),
    ('″', r"$''$"),
    ('€', r"\texteuro{}"),
    ('™', r"\texttrademark{}"),
    ('℃', r"\textcelsius{}"),
    ('−', "$-$"),
    ('±', r"$\pm$"),
    ('×', r"$\times$"),
    ('÷', r"$\div$"),
    ('·', r"$\cdot$"),
    ('∗', "$*$"),
    ('√', r"$\surd$"),
    ('∞', r"$\infty$"),
    ('∂', r"$\partial$"),
    ('∇', r"$\nabla$"),
    ('∆', r"$\Delta$"),
    ('∑', r"$\Sigma$"),
    ('∏', r"$\Pi$"),
    ('∈', r"$\in$"),
    ('∉', r"$\notin$"),
    ('∀', r"$\forall$"),
    ('∃', r"$\exists$"),
    ('∅', r"$\emptyset$"),
    ('∩', r"$\cap$"),
    ('∪', r"$\cup$"),
    ('∧', r"$\wedge$"),
    ('∨', r"$\vee$"),
    ('∘', r"$\circ$"),
    ('∝', r"$\propto$"),
    ('≈', r"$\approx$"),
    ('≠', r"$\neq$"),
    ('≡', r"$\equiv$"),
    ('≤', r"$\leq$"),
    ('≥', r"$\geq$"),
    ('≪', r"$\ll$"),
    ('≫', r"$\gg$"),
    ('←', r"$\leftarrow$"),
    ('→', r"$\rightarrow$"),
    ('↑', r"$\uparrow$"),
    ('↓', r"$\downarrow$"),
    ('↔', r"$\leftrightarrow$"),
    ('⇒', r"$\Rightarrow$"),
    ('⇔', r"$\Leftrightarrow$"),
    ('ℓ', r"$\ell$"),
    ('⁰', "$^0$"),
    ('⁴', "$^4$"),
    ('⁵', "$^5$"),
    ('⁶', "$^6$"),
    ('⁷', "$^7$"),
    ('⁸', "$^8$"),
    ('⁹', "$^9$"),
    ('⁻', "$^-$"),
    ('₀', "$_0$"),
    ('₁', "$_1$"),
    ('₂', "$_2$"),
    ('₃', "$_3$"),
    ('₄', "$_4$"),
    ('₅', "$_5$"),
    ('₆', "$_6$"),
    ('₇', "$_7$"),
    ('₈', "$_8$"),
    ('₉', "$_9$"),
    ('✓', r"$\surd$"),
    ('✗', r"$\times$"),
    ('\u{fffd}', "?"),
    ('µ', r"$\mu$"),
    ('ϵ', r"$\epsilon$"),
    ('ϑ', r"$\vartheta$"),
    ('ϕ', r"$\phi$"),
    ('ϖ', r"$\varpi$"),
    ('ϱ', r"$\varrho$"),
];

/// The Greek letters in the order of Unicode, as TeX's mathematics calls them; those of one letter are Latin ones.
const GREEK: [&str; 25] = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "varepsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "o",
    "pi",
    "rho",
    "varsigma",
    "sigma",
    "tau",
    "upsilon",
    "varphi",
    "chi",
    "psi",
    "omega",
];
const CAPITALS: [&str; 25] = [
    "A", "B", "Gamma", "Delta", "E", "Z", "H", "Theta", "I", "K", "Lambda", "M", "N", "Xi", "O", "Pi", "P", "Sigma",
    "Sigma", "T", "Upsilon", "Phi", "X", "Psi", "Omega",
];

/// What [`escaped`] calls a letter that pdflatex has no font for: its number, or, in LuaLaTeX and XeLaTeX, itself.
pub const OTHER: &str = r"\providecommand\byolabletter[2]{\ifdefined\Umathchar#2\else\texttt{[U+#1]}\fi}";

/// Text in which TeX sees nothing but text.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    let mut before = None;
    for letter in text.chars() {
        // Fonts join these to dashes, quotation marks and turned signs.
        if before == Some(letter) && "-',".contains(letter)
            || before.is_some_and(|sign| "?!".contains(sign) && letter == '`')
        {
            out += "{}";
        }
        out += &spelt(letter);
        before = Some(letter);
    }
    out
}

fn spelt(letter: char) -> String {
    let name = |name: &str| if name.len() == 1 { format!("${name}$") } else { format!("$\\{name}$") };
    if let Some((_, spelt)) = SIGNS.iter().find(|(sign, _)| *sign == letter) {
        return spelt.to_string();
    }
    match letter {
        ' '..='~' => letter.to_string(),
        'α'..='ω' => name(GREEK[letter as usize - 'α' as usize]),
        'Α'..='Ω' => name(CAPITALS[letter as usize - 'Α' as usize]),
        _ if is_european(letter) => letter.to_string(),
        _ => format!("\\byolabletter{{{:04X}}}{{{letter}}}", letter as u32),
    }
}

/// Whether the encoding T1, with the symbols that LaTeX brings, has the letter.
fn is_european(letter: char) -> bool {
    matches!(letter, '¡'..='ž' | 'ƒ' | 'Ș'..='ț') && !"ĦħĸĿŀŉŦŧ".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tex_sees_nothing_but_text() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text), expected, "{text}");
        check("−2.1 ± 0.4 % of a_b & {c}\\", r"$-$2.1 $\pm$ 0.4 \% of a\_b \& \{c\}\textbackslash{}");
        check("τ ≥ 0.9, Ω ∆ ς σ", r"$\tau$ $\geq$ 0.9, $\Omega$ $\Delta$ $\varsigma$ $\sigma$");
        check("größer ąęłń ½ ²", "größer ąęłń ½ ²");
        check("--set it''s", "-{}-set it'{}'s");
        check("无", "\\byolabletter{65E0}{无}");
    }
}

/// The extensions of Jinja that templates may use: those that the setting `jinja2_extensions` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions {
    /// `{% do %}`.
    pub statements: bool,
    /// `{% break %}` and `{% continue %}`.
    pub loop_controls: bool,
}

impl Extensions {
    /// All that there are.
    pub const ALL: Extensions = Extensions { statements: true, loop_controls: true };

    /// Those of some names, such as `jinja2.ext.do`; those that make no difference are passed over.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Extensions {
        let mut extensions = Extensions::default();
        for name in names {
            match name.trim() {
                "jinja2.ext.do" => extensions.statements = true,
                "jinja2.ext.loopcontrols" => extensions.loop_controls = true,
                _ => {}
            }
        }
        extensions
    }
}

"""The parts of `build_wheel`: which targets there are, what is installed for them, the wheel, and the plugin's zip."""

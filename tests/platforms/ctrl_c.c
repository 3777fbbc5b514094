/* Runs a program in a console of its own and presses Ctrl-C there when told to.

   ctrl_c.exe PROGRAM ARGUMENTS...

   The program has this one's standard output and errors, and no input. Each line on standard input is a press. The exit
   code is the program's; 125 if something fails here. See tests/platforms/wine.py. */
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

static BOOL WINAPI go_on(DWORD event)
{
    (void)event;
    return TRUE;
}

static int fail(const char *what)
{
    fprintf(stderr, "ctrl_c: %s: error %lu\n", what, GetLastError());
    return 125;
}

static DWORD WINAPI press(LPVOID unused)
{
    char line[64];
    (void)unused;
    while (fgets(line, sizeof line, stdin))
        if (!GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0))
            fail("GenerateConsoleCtrlEvent");
    return 0;
}

/* The rest of the command line, as the program gets it. */
static wchar_t *after_first_word(wchar_t *line)
{
    int quoted = 0;
    for (; *line && (quoted || *line != L' '); line++)
        if (*line == L'"')
            quoted = !quoted;
    while (*line == L' ')
        line++;
    return line;
}

int main(void)
{
    const wchar_t *own = L"CTRL_C_HAS_CONSOLE";
    int inner = GetEnvironmentVariableW(own, NULL, 0) > 0;
    wchar_t *line = inner ? after_first_word(GetCommandLineW()) : GetCommandLineW();
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION program;
    DWORD code;
    /* Started once more in a new console, which has no window: there, nobody else is hit. */
    start.hStdInput = inner ? NULL : GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!SetConsoleCtrlHandler(NULL, FALSE))
        return fail("SetConsoleCtrlHandler");
    SetEnvironmentVariableW(own, inner ? NULL : L"1");
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, inner ? 0 : CREATE_NO_WINDOW, NULL, NULL, &start, &program))
        return fail("CreateProcess");
    if (inner) {
        if (!SetConsoleCtrlHandler(go_on, TRUE))
            return fail("SetConsoleCtrlHandler");
        CreateThread(NULL, 0, press, NULL, 0, NULL);
    }
    WaitForSingleObject(program.hProcess, INFINITE);
    if (!GetExitCodeProcess(program.hProcess, &code))
        return fail("GetExitCodeProcess");
    return (int)code;
}

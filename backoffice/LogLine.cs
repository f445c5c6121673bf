using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Viddhana.Backoffice;

/// <summary>
/// One line per event: time, level, area, message. What peers sent is printed with control characters replaced; an exception's text
/// follows on the same line.
/// </summary>
public sealed class LogLine() : ConsoleFormatter(FormatterName)
{
    /// <summary>Its name among console formatters.</summary>
    public const string FormatterName = "line";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var level = logEntry.LogLevel switch
        {
            LogLevel.Trace or LogLevel.Debug => "debug",
            LogLevel.Information => "info",
            LogLevel.Warning => "warning",
            _ => "error",
        };
        var area = logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..];
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var exception = logEntry.Exception is null ? "" : $": {logEntry.Exception}";
        textWriter.WriteLine($"{DateTime.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {level,-7} {area}: {OneLine(message + exception)}");
    }

    private static string OneLine(string text) => string.Create(text.Length, text, static (line, source) =>
    {
        for (var i = 0; i < source.Length; i++) line[i] = char.IsControl(source[i]) ? ' ' : source[i];
    });
}

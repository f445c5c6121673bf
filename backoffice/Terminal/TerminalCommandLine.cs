using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Viddhana.Backoffice.Storage;
using Viddhana.Contracts.Config;

namespace Viddhana.Backoffice.Terminal;

/// <summary><c>viddhana-backoffice report [--date DAY] [--json]</c> and <c>top --url URL [--pool ID] [--once]</c>.</summary>
internal static class TerminalCommandLine
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static CommandLine AddTerminal(this CommandLine line) => line.Add(Report(line)).Add(Top());

    private static Command Report(CommandLine line)
    {
        var date = new Option<DateOnly?>("--date")
        {
            Description = "UTC day, YYYY-MM-DD; default: yesterday",
            HelpName = "DAY",
            CustomParser = ParseDay,
        };
        var json = new Option<bool>("--json") { Description = "As JSON" };
        var command = new Command("report", "What happened on a day: hash rate, shares, blocks, rewards, payouts, incidents")
        {
            date, json,
        };
        command.SetAction((parsed, cancel) => line.WithDatabaseAsync(
            parsed, (config, database) => ReportAsync(config, database, parsed.GetValue(date), parsed.GetValue(json), cancel)));
        return command;
    }

    private static Command Top()
    {
        var url = new Option<Uri>("--url")
        {
            Description = "Where the backoffice serves its API: http://127.0.0.1:4444",
            Required = true,
            HelpName = "URL",
            CustomParser = ParseUrl,
        };
        var pool = new Option<string?>("--pool") { Description = "Id of a pool; default: the first", HelpName = "ID" };
        var once = new Option<bool>("--once") { Description = "Print the figures once, as plain text, and end" };
        var command = new Command("top", "Watch a pool in the terminal (keys: q, arrows)") { url, pool, once };
        command.SetAction((parsed, cancel) => TopCommand.RunAsync(
            parsed.GetValue(url)!, parsed.GetValue(pool), parsed.GetValue(once), cancel));
        return command;
    }

    private static async Task ReportAsync(
        ViddhanaConfig config, NpgsqlDataSource database, DateOnly? date, bool asJson, CancellationToken cancel)
    {
        var now = DateTimeOffset.UtcNow;
        var pools = await PoolBook.LoadAsync(database, config.Pools, cancel);
        var day = date ?? DateOnly.FromDateTime(now.UtcDateTime).AddDays(-1);
        var report = await new ReportQueries(database, day, now, cancel).ReadAsync(pools.All);
        if (asJson) Console.WriteLine(JsonSerializer.Serialize(report, Json));
        else foreach (var line in ReportText.Lines(report)) Console.WriteLine(line);
    }

    private static DateOnly? ParseDay(ArgumentResult result)
    {
        var isDay = DateOnly.TryParseExact(
            result.Tokens[0].Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day);
        if (isDay && day.Year >= 1970) return day;
        result.AddError("DAY must be YYYY-MM-DD, from 1970-01-01 on");
        return null;
    }

    private static Uri? ParseUrl(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https") return url;
        result.AddError("URL must be http://HOST:PORT or https://HOST:PORT");
        return null;
    }
}

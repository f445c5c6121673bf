namespace Viddhana.Build;

/// <summary>Options of a verb: flags and options with a value. Anything else is an error that names what is allowed.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _values = [];

    /// <summary>The value of an option, or null.</summary>
    public string? this[string option] => _values.GetValueOrDefault(option);

    /// <summary>True when the flag or option was given.</summary>
    public bool Has(string option) => _values.ContainsKey(option);

    public static Arguments Parse(string[] args, string[]? flags = null, string[]? options = null)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Length; i++)
        {
            if (flags?.Contains(args[i]) == true)
            {
                parsed._values[args[i]] = "";
                continue;
            }

            if (options?.Contains(args[i]) != true)
            {
                var allowed = string.Join(", ", [.. flags ?? [], .. (options ?? []).Select(o => o + " VALUE")]);
                throw new BuildFailedException($"'{args[i]}' is not an option here; allowed: {(allowed.Length > 0 ? allowed : "none")}", 2);
            }

            if (i + 1 >= args.Length) throw new BuildFailedException($"{args[i]} needs a value", 2);
            parsed._values[args[i]] = args[++i];
        }

        return parsed;
    }
}

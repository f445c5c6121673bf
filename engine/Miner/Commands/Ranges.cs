using System.CommandLine;
using System.Numerics;

namespace Viddhana.Miner.Commands;

/// <summary>Bounds of numeric flags.</summary>
internal static class Ranges
{
    /// <summary>Refuses values outside; what is not given is not checked.</summary>
    public static void Between<T>(this Option<T> option, T min, T max)
        where T : struct, INumber<T> => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 0) return;

        var value = result.GetValueOrDefault<T>();
        if (!(value >= min && value <= max)) result.AddError($"{option.Name}: {min} to {max}");
    });
}

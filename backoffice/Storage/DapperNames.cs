using System.Runtime.CompilerServices;
using Dapper;

namespace Viddhana.Backoffice.Storage;

/// <summary>Columns are snake_case, properties PascalCase: Dapper is told once, before anything uses it.</summary>
internal static class DapperNames
{
    [ModuleInitializer]
    internal static void MatchUnderscores() => DefaultTypeMap.MatchNamesWithUnderscores = true;
}

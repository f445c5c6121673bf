using Viddhana.Backoffice;
using Viddhana.Backoffice.Accounts;
using Viddhana.Backoffice.Payouts;
using Viddhana.Backoffice.Terminal;

return await CommandLine.Make().AddPayouts().AddAccounts().AddTerminal().RunAsync(args);

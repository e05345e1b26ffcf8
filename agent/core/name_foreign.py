"""Spanish, French, Portuguese and German words in column names, each read as the English word of the trade. Data only.

Dealers in Mexico, Quebec, Puerto Rico and Miami name columns in their own language, whole or cut short.
"""

from __future__ import annotations

# canonical word: foreign ones, without accents. Short forms of them are found the way English ones are.
_WORDS = """
hour: horaire horaires
lot: parc patio
core deposit: consigne
rear: trasera trasero traseras traseros arriere
battery: bateria batterie
alternator: alternador alternateur altrntr
rate offered: ofrecida
apr: teg taeg
account: cuenta cta cuentas compte comptes cpte conta konto kto
accident: accidente
address: direccion dir domicilio calle adresse rue endereco anschrift strasse
address extra: colonia
advance: anticipo avance
advisor: asesor conseiller berater assessor betreuer serviceberater
agent: agente courtier
amount: monto mto importe imp montant mnt cantidad betrag somme suma vlr
amount finance: financiado afinanciar capitalfinanciado finanzbetrag finbetrag kreditbetrag kreditsumme
  darlehensbetrag nettokredit
annual: anual annuel annuelle anuales jahrlich ann
application: solicitud demande requete antrag
applicant: solicitante demandeur requerant postulant
appointment: cita rdv rendezvous termin turno
appraisal: avaluo evaluation peritaje
approval: aprobacion aprobado autorizado approuve approbation accepte genehmigt autorizacion
approved declined: rechazado rechazo refus refuse refusee negado
assets: activos actifs bienes patrimonio
balance: saldo sdo solde kontostand pendiente offene
balloon: globo ballon
bank: banco bancaria bancario banque bancaire bco bque
bankruptcy: bancarrota quiebra faillite insolvenz konkurs falencia fallimento
beneficiary: beneficiario beneficiaire
birth: nacimiento nac nacim nacido naissance naiss naisance nascimento geburt geb gebdat gebtag nascita
birth date: geburtsdatum fnac fecnac fechanac fnacimiento ddn fecnacim fecnto gebdat gebdatum geburtstag
body: carroceria carrosserie
born: nacio nee
branch: sucursal agencia succursale filiale suc
brand: marca marque
buyer: comprador acheteur kaufer adquirente
buyout: rachat levanteoption
cash: contado efectivo comptant bargeld ctdo bar barzahlung
cash deal: ventacontado
cause: causa ursache schadensursache
chassis: chasis
city: ciudad ville cidade localidad poblacion municipio municipalite ort wohnort citta
cobuyer: coacreditado coacheteur cosignataire coemprunteur cotitular cosolicitante
code: codigo cve clave
collateral: prenda
collection: cobranza cobro recouvrement cobros inkasso
color: couleur farbe
comment: comentario comentarios commentaire commentaires observacion observaciones obs obser observ remarque remarques
  bemerkung bemerkungen observacoes anotaciones apuntes recomendacion recomendaciones recomend recommandation
  recommandations recommand anotacion bitacora bem bemerk kommentar observacao
complaint: queja plainte reclamo falla fallas sintoma sintomas panne symptome symptomes averia beanstandung
  kundenwunsch
contract: contrato contrat vertrag ctto cto contratos
correction: correccion behebung
cost: costo coste cout prixcoutant kosten
credit: credito cred creditos cdto kredit bonitaet bonitat schufa kreditwurdigkeit
credit score: puntaje calificacion pointage scoring puntuacion cotecredit cote
credit bureau: burocredito circulocredito buro
creditor: acreedor creancier
currency: moneda devise
customer: cliente clte cte clientes kunde kunden acheteurs cli clt kdnr kundennr kundennummer
date: fecha fec fch datum dat fechas anlagedat aenddat
day: dia dias jour jours tag tage
days overdue: diasatraso diasmora diasvencido joursretard
dealer: concesionario concesionaria concessionnaire handler
deal: negocio
debt: deuda adeudo dette adeudos endeudamiento endettement pasivos schulden forderung forderungen schuld
default: incumplimiento
deferred: diferido differe
delinquent: moroso morosidad mora atraso atrasado impago vencido arrerages retard impaye enretard vdo mahnstufe mahn
  mahnung mahnsperre zahlungsverzug verzug ruckstand rueckstand inadimplente atrasada
delivery: entrega livraison auslieferung
department: departamento departement depto abteilung
deposit: deposito depot anzahlung
depreciation: depreciacion
description: descripcion desig designation beschreibung
disability: invalidez invalidite incapacidad inval
discharge: liberacion
discount: descuento remise rabatt dto rabais escompte nachlass
dln: licenciaconducir permisconduire fuhrerschein permisconduccion permisdeconduire licmanejo licconducir
  carnetconducir licencia permis manejo fuehrerschein fuehrerscheinnr fahrerlaubnis habilitacao patente_guida
dob: fnac
downpayment: enganche enganches acompte pronto cuotainicial pagoinicial misedefonds anzahlung eng engan misefonds mise
driver: conductor conducteur chauffeur
due: exigible echu
email: correo courriel correoe emailclient
employee: empleado employe mitarbeiter
employer: empleador patron employeur patrono arbeitgeber empr lugartrabajo empresatrabajo datore
employment: empleo emploi trabajo beschaftigung laboral laborales labora
engine: moteur
equity: valeurnette
expiration: vence vencimiento venc vto vcto caducidad expiracion vigencia expire echeance ablauf
extension: prorroga
extra: campolibre
fax: telecopieur
fee: cargo frais honorarios cuotaadmin gebuhr cargos comis
field: campo champ feld
finance: financiera financiero financiamiento financiacion financement finanzas finanzierung financier financiere
  financiado financ finc finan financiada finanz finanzierungsart finart
finance company: financiera
finance type: formapago formadepago modepaiement typevente tipoventa tipocredito tipofinanciamiento tipofinanc
  modalidadpago typefinancement condicionventa condventa tipocompra tipoope moded zahlungsart zahlart kaufart
  verkaufsart geschaeftsart
first: primer primera premier premiere
fleet: flotilla flotte
freetext: textolibre textelibre
frequency: frecuencia frequence periodicidad periodicite
gender: sexo sexe genero geschlecht
gross: bruto brut brute bruta brutto
guarantor: garante garant obligadosolidario burge aval fiador avalista caution endosseur codebiteur codeudor obligado
  endoso buerge garantidor
holder: titular titulaire tit inhaber
home: casa domicile vivienda
id: identificacion identifiant
income: ingreso ingresos ing revenu revenus einkommen renda percepciones ingr ingresosmens gana pension nettoeinkommen
  gehalt reddito
initial: inicial initiale
installment: mensualidad mensualidades mensualite mensualites cuota cuotas versement versements parcela parcelas abono
  abonos letra mens mensualid vers
instruction: instrucciones consignes
insurance: seguro seguros asegurado assurance assurances asegurador aseguradora assureur versicherung asegurada seg
  aseg assur ass versicherer kasko
insurance policy: poliza nopoliza police
interest: interes intereses interet interets zins zinsen juros intrs
inventory: inventario inventaire existencia
invoice: factura facture fact rechnung fra
job: poste oficio
job title: puesto profesion profession titreposte
judgment: embargo saisie
kilometer: kilometraje kilometrage kms
labor: manoobra maindoeuvre mobra lohnsumme arbeit
landlord: arrendador arrendadora proprietaire casero propriolocataire
language: idioma langue lengua sprache
last: ultimos ultimas derniers ultimo ultima dernier derniere ult
lastname: apellido apellidos nomfamille nachname paterno materno apellidopaterno apellidomaterno apepat apemat ape
lease: arrendamiento arrend location leasing arriendo bail creditbail locacion miete canon locataire locat leasingrate
lender: prestamista preteur acreditante institucionfinanciera institutionfinanciere kreditgeber institfin otorgante
  kreditbank finanzierer hausbank
length: antiguedad anciennete
license: licencia permis carnet licenciaconducir
lien: gravamen prenda pignorado pignoracion pignora
lienholder: acreedorprendario beneficiariopreferente
line: linea ligne zeile
loan: prestamo prestamos pret prets emprunt darlehen emprestimo credauto prest
maiden: soltera jeunefille
manager: gerente gerant directeur
maturity: finalcontrato findecontrat vencimientocontrato vencfinal
marital: edocivil estadocivil etatcivil civil familienstand
memo: memoria
message: mensaje nachricht
mileage: kilometraje odometre millaje kmstand laufleistung
model: modelo modele modell
month: mes meses mois monat monate mensual mensuel mensuelle mensuales monatlich
mortgage: hipoteca hypotheque hypothek
name: nombre nom nombres nomb prenom prenoms nomclient razonsocial nbre vorname nachname familienname firma sobrenome
  cognome
nationality: nacionalidad nationalite
net: neto netto neta
note: nota notas notiz notizen pagare billet hinweis hinweise vermerk anmerkung
number: numero num nro nume numer nummer folio
occupation: ocupacion metier beruf berufsbezeichnung profissao
odometer: odometro odometre
option: opcion
order: orden ordre pedido commande auftrag auftrags bestell bestellung antragsnr
order repair: ordenreparacion ordentrabajo bontravail bondetravail ot
other: otro otros autre autres otras
owed: debe adeudado dois
owner: propietario dueno proprio
paid: pagado paye
part: refaccion refacciones pieza piece pieces repuesto repuestos teil teile teilenr ersatzteil
partner: socio
passport: pasaporte passeport reisepass
pay: pagar payer
payment: pago pagos paiement paiements zahlung pagamento pag paimt pmnt
payoff: capitalrestant restantdu
payoff: liquidacion finiquito soldepret saldoprestamo saldocredito reglement quittance liquidar cancelacionprestamo
  liq liquid abloese abloesung abloesebetrag ablose ablosung ablosebetrag abloesesumme ablosesumme
penalty: penalizacion multa penalite moratorio moratorios moratoire
percent: porcentaje pourcentage porc pourcent prozent pctje
person: persona personne
phone: telefono tel telephone celular movil portable cel tfno telefon cellulaire tlf telf telefonnr handy mobil
place: lugar lieu
plate: placa placas patente immatriculation plaque kennzeichen kennz
policy: poliza police nopoliza versicherungsnr
postal: cp codigopostal codepostal plz
premium: prima primas pramie
previous: anterior anteriores precedent precedente antrior
price: precio prix preis pvp preco kaufpreis listenpreis
principal: principale
product: producto produit
profit: utilidad ganancia marge margen benefice beneficio util rohertrag deckungsbeitrag
promise: promesa promesse
promise payment: promesapago
province: provincia estadoprov
purchase: compra achat
quantity: qte quantite menge anz stueck
rate: tasa taux tipointeres zinssatz taxa tauxinteret tasainteres zins zinsen nominalzins effektivzins
reason: motivo raison grund motif motivos motifs
rebate: bonificacion
recall: campana rappel
receivable: cartera porcobrar cxc comptesrecevables recev recevable forderungen crediti
reference: referencia referencias
relation: parentesco lien_parente
relative: familiar pariente
remaining: restante restantes
rent: alquiler loyer renta mieteinnahmen
repair: reparacion reparation reparatur instandsetzung
repossession: recuperacion embargado reposesion reprisepossession
request: antrag
reserve: reserva
residence: residencia tiempoviviendo habitacion habitacional tipovivienda
residual: residuel residuelle valorresidual valeurresiduelle restwert vresid valresid residu restw
salary: salario salaire sueldo gehalt nomina remuneracion sueldos
sale: venta ventas vente ventes verkauf vta vtas
salesperson: vendedor vendeur vendeuse verkaufer verkaeufer
security: seguridad
sell: vender vendre
service: servicio taller atelier
spouse: conyuge conjoint esposa esposo epouse ehepartner conjointe
ssn: nss numseguridadsocial segurosocial segsocial numsegsoc imss nas noassurancesociale assurancesociale nassoc
  numeroseguro seguridadsocial sozialversicherungsnummer svnr sozvers sozversnr sozialvers sozialversicherung
  rentenvers codicefiscale
state: estado edo etat bundesland entidad
status: estatus statut situacion
stock: existencias
store: tienda magasin
supplier: proveedor fournisseur prov lieferant
tax: impuesto impuestos impot taxe iva tvq tps isr igv steuer mwst ust imposto imposta
tax id: rfc curp nif cif nit cuit rut cedula dni nie cpf cnpj steuernummer ruc ife ine cic clavelector noife
  matriculaconsular steuerid steuernr ustid partitaiva
technician: tecnico mecanico technicien mecanicien mechaniker monteur
term: plazo plazos terme duree laufzeit prazo plzo plazomeses dureemois laufz durata
time: tiempo temps hora heure uhrzeit
title: titulo titre anrede titel
total: totales totaux gesamt
trade: acuenta usado usadorecibido echange reprise canje permuta retoma tomaacuenta inzahlungnahme autousado vehusado
  tomado gebrauchtwagen
trade payoff: saldousado soldeechange adeudousado dettereprise saldotoma liquidacionusado
transfer: transferencia virement
transit: transito succursaletransit
transmission: transmision
type: tipo typ art genre
update: modificacion actualizacion modif maj actualizado
user: usuario utilisateur
value: valor valeur wert
vehicle: vehiculo vehicule carro fahrzeug veiculo voiture vhlo unidad
vin: serie noserie numserie niv numeroserie nochasis fahrgestellnummer fin fahrgestell fgnr telaio chassi
visit: visita visite
wage: jornal
warranty: garantia garantie gtia gar gewaehrleistung
work: travail trav travaux
writeoff: incobrable castigo castigado radiation irrecuperable
year: ano anio annee jahr anos anios annees
zip: codpostal cpostal
bank account: kontonummer kontonr ktonr bankkonto bankverbindung bankverb
deal: operacion operaciones
labor rate: tauxhoraire tarifhoraire stundenverrechnungssatz stundensatz verrechnungssatz stdsatz avwert
flag: indicador bandera indicateur drapeau
paperwork: tramite tramites gestoria gestion
source: canal canales
account number: clabe nocuenta numcuenta numerocuenta nocompte numcompte rib
card: tarjeta carte karte
card number: notarjeta numtarjeta nocarte tarj
expense: gastos egresos depenses gasto
dependents: dependientes personasacargo personnesacharge
free field: libre libres abierto abierta lib freifeld freifeld1 freitext zusatzfeld merkmal
data: dato datos donnee donnees
additional: adicional adic adicionales additionnel
miscellaneous: varios divers diverses
reserved field: reservado reservados
diagnosis: diagnostico
allowance: permitidos permitido alloue alloues allouee autorizados
excess: exced excedente excedentes excedentaire excedant
life: vie vida
contact: contactar contacter
placement: emplacement ubicacion
bureau: buro
unemployment: desempleo chomage
end: termina
key: llave llaves cle cles schluessel schlussel chiave chave
alarm: alarma alarme
deductible: deducible
pin: nip
age: edad
detail: detalle detalles
misc field: comodin
internal: interno interna internas internos interne internes
acquisition: acq adquisicion
supplement: supp supplement supplementaire suplementario
refinance: retanqueo
open: apertura
origination fee: comisionapertura
access: acces access accesos
survey: encuesta encuestas sondage
voided: annule annulee anulado
performed: eff efectuado realiz realizado effectue effectues
open balance: offeneposten posten
passport id: ausweis ausweisnr personalausweis reisepass
credit limit: kreditlimit limitecredito
country: land pais pays paese
additional info: zusatzinfo zusatz
lessor: leasinggeber
lessee: leasingnehmer
keycode: schluesselcode
miscellaneous field: sonst sonstige sonstiges
apr: effzins effektivzins
payment month: monatsrate mtlrate
final payment: schlussrate schlussr
routing: blz bankleitzahl
application credit: kreditantrag
claim: schaden
email consent: einwemail einw einwilligung widerruf werbesperre
street: strasse
trade value: inzahlungnahme
garnishment: pfandung pfaendung
security deposit: kaution
reserve fi: utilfi
tires: reifen pneus pneu
loaner: ersatzwagen leihwagen
core deposit: pfand altteilpfand
address: hausnr haus
full: completo completa complet complete compl
commission: comision provision
source: origen herkunft provenance
lead: prospecto interessent
cancelled: cancelado cancelada storno storniert
rebate: bono pramie praemie bonus
factory: fabrica usine werk
accessory: accesorios accesorio accessoires zubehoer zubehor
fuel: kraftstoff combustible carburant treibstoff benzin
group: kdgrp grp gruppe grupo groupe kundengruppe warengruppe
description: bez bezeichnung libelle denominacion benennung
list price: upe pdsf
cost: ek einkaufspreis einstand
sell price: vk verkaufspreis
seat: sitze sitz asiento asientos siege sieges banca banquette banquettes
door: tueren turen puertas portes
engine size: hubraum cilindrada cylindree
drivetrain: antrieb traccion traction
power: leistung potencia puissance
transmission: getriebe boite caja
weight: gewicht peso poids leergew leergewicht
bin: lagerort lagerplatz
replace: ersetzt ersatz
flag: kz kennz_ jn sn
wait: wartend espera attente
lift: hebebuehne
delivery: uebergabe auslief livr livre
model year: mj modelljahr baujahr bj
equipment: ausstattung equipamiento equipement
first registration: erstzulassung ez
tires: dim equilibrage balanceo auswuchten
number: anzahl anz
amount: hoehe hohe
installment: raten ratenhoehe ratenanzahl ratenzahl
term: lfz lfzt laufz
special payment: sonderzlg sonderzahlung sonderzahlg zlg
downpayment: anzahlg anzlg anz_betrag apport apports
passport: perso personr
balance: sld
closed: cerrado ferme geschlossen abgeschlossen
open: abierto_ ouvert offen
created: creado cree angelegt erstellt erst
start: inicio debut beginn anfang
end: fin_ ende fim
approved: aprob
free: gratis
sent: enviado envoye gesendet
received: recibido recu erhalten
shift: turno_
workshop: taller_ werkstatt
axle: eje essieu achse
wheel: rueda roue rad llanta felge
purchase: kauf
zip: postleitzahl
consent: erlaubnis werbeerlaubnis einverstaendnis
mileage allowance: kilometerleistung jahreskilometer
initials: kuerzel
conclusion: abschluss
household: haushalt
income: einkommen
living: wohnort_
size: tamano taille groesse
optout: nocontactar nepascontacter nomolestar noenviar autorizapublicidad aceptapublicidad publicidad consentimiento
  consentement acepta
"""


def foreign() -> dict[str, tuple[str, ...]]:
    """Each foreign word and what it is read as."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _WORDS.strip().replace("\n  ", " ").splitlines():
        words, _, others = line.partition(":")
        for other in others.split():
            found.setdefault(other, tuple(words.split()))
    return found
